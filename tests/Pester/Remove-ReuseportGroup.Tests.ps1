BeforeAll {
    Import-Module "$PSScriptRoot/../../ReuseportPS.psd1"
    Set-ReuseportBackend Simulator -Seed 1
}

Describe 'Remove-ReuseportGroup' {
    BeforeEach {
        Set-ReuseportBackend Simulator -Seed 1
        $null = New-ReuseportGroup web -SlotCount 2 -Port 5300
    }

    It 'removes the group it is given' {
        Remove-ReuseportGroup web -Confirm:$false
        Get-ReuseportGroup | Should -BeNullOrEmpty
    }

    It 'takes groups from the pipeline' {
        $null = New-ReuseportGroup dns -SlotCount 2 -Port 5353
        Get-ReuseportGroup | Remove-ReuseportGroup -Confirm:$false
        Get-ReuseportGroup | Should -BeNullOrEmpty
    }

    It 'removes nothing with -WhatIf' {
        Remove-ReuseportGroup web -WhatIf
        (Get-ReuseportGroup).Name | Should -Be 'web'
    }

    It 'reports a name that no group has' {
        { Remove-ReuseportGroup nothing -Confirm:$false -ErrorAction Stop } | Should -Throw -ErrorId 'GroupNotFound*'
    }

    It 'frees the port' {
        Remove-ReuseportGroup web -Confirm:$false
        (New-ReuseportGroup again -SlotCount 1 -Port 5300).KernelGroups[0].Port | Should -Be 5300
    }
}
