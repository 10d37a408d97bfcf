BeforeAll {
    Import-Module "$PSScriptRoot/../../ReuseportPS.psd1"
    Set-ReuseportBackend Simulator -Seed 1
}

Describe 'Get-ReuseportConnection' {
    It 'says that the simulator lists none' {
        $null = New-ReuseportGroup connected -SlotCount 2 -Port 5310
        $warning = $null
        Get-ReuseportConnection connected -WarningVariable warning -WarningAction SilentlyContinue | Should -BeNullOrEmpty
        "$($warning[0])" | Should -Match 'Simulator backend does not list connections'
    }

    It 'reports a group that is not there' {
        { Get-ReuseportConnection nobody -ErrorAction Stop } | Should -Throw -ErrorId '*NotFound*'
    }
}
