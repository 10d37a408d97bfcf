BeforeAll {
    Import-Module "$PSScriptRoot/../../ReuseportPS.psd1"
    Set-ReuseportBackend Simulator -Seed 1
    $null = New-ReuseportGroup web -SlotCount 4 -Port 5300
    $null = New-ReuseportGroup dns -SlotCount 2 -Port 5301
    Set-Content TestDrive:/silent.yaml @'
version: 1
policy: silent
otherwise: { by: hash }
'@
    Set-Content TestDrive:/sampled.yaml @'
version: 1
policy: sampled
otherwise: { by: hash }
observe: { sample: 1/10 }
'@
}

Describe 'Watch-SteeringDecision' {
    It 'needs a policy' {
        { Watch-SteeringDecision web -ErrorAction Stop } | Should -Throw -ErrorId 'NoPolicy,*'
    }

    It 'needs a policy that takes samples, and says how' {
        $null = Set-SteeringPolicy web TestDrive:/silent.yaml
        { Watch-SteeringDecision web -ErrorAction Stop } | Should -Throw -ErrorId 'NoSamples,*'
        Watch-SteeringDecision web -ErrorAction SilentlyContinue -ErrorVariable refused
        $refused[0].ErrorDetails.RecommendedAction | Should -BeLike '*sample: 1/1000*'
    }

    It 'ends on a simulator, where nothing comes while it waits' {
        $null = Set-SteeringPolicy web TestDrive:/sampled.yaml
        Watch-SteeringDecision web | Should -BeNullOrEmpty
        Watch-SteeringDecision web -Count 3 -Timeout 500ms | Should -BeNullOrEmpty
    }

    It 'watches several groups, and goes on with those that can be watched' {
        $null = Set-SteeringPolicy web TestDrive:/sampled.yaml
        $null = Set-SteeringPolicy dns TestDrive:/silent.yaml
        Get-ReuseportGroup | Watch-SteeringDecision -ErrorAction SilentlyContinue -ErrorVariable refused
        @($refused).Count | Should -Be 1
        $refused[0].TargetObject | Should -Be 'dns'
    }

    It 'refuses <Value> as a time' -ForEach @{ Value = '0s' }, @{ Value = 'soon' } {
        { Watch-SteeringDecision web -Timeout $Value -ErrorAction Stop } | Should -Throw
    }
}
